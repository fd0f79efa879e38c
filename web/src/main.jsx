import { createRoot } from 'react-dom/client';
import './workers.js';
import 'graphiql/style.css';
import './style.css';
import { Console } from './Console.jsx';
import { seedTabs } from './examples.js';

seedTabs(localStorage);
createRoot(document.getElementById('root')).render(<Console />);
